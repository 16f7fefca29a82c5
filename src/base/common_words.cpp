#include "base/common_words.h"

#include <set>
#include <string>

#include "base/text.h"

namespace hardwon {
namespace {

const std::set<std::string, std::less<>>& common() {
  static const auto kCommon = stems_of(
      // the things of a program
      "code codebase program software source file folder directory path module package library "
      "dependency import export function method class struct field property interface type enum "
      "trait variable constant parameter argument local global state value name identifier helper "
      "utility api endpoint handler route query sql database table column schema migration index "
      "key id test tests unit integration regression mock fixture assertion coverage comment "
      "docstring doc docs documentation document readme line block body loop branch condition "
      "string quote quotes literal number integer float boolean null list array map object "
      "indentation indent tab tabs space spaces whitespace semicolon comma brace bracket newline "
      "character characters length width style format convention standard guideline rule case "
      "camelcase snake_case pascal pascalcase kebab screaming_snake_case upper lower uppercase "
      "lowercase prefix "
      "suffix error exception failure warning log logging message print output input request "
      "response service server client config configuration setting environment variable version "
      "release feature bug fix change component page view model data user users event events "
      "internals internal public private single double trailing leading sorted mutable "
      "immutable constructor return result async await promise callback thread lock cache "
      // the way of working
      "commit commits branch branches merge merging rebase squash push pull request pr review "
      "reviewer changelog note ticket issue subject tense title description main master trunk "
      "linter lint formatter build compile compiler ci pipeline deploy deployment script command "
      "tool terminal secret secrets password token credential permission question answer ask "
      "confirm approve approval hand report team project repository repo workspace task step plan "
      // how a rule is introduced
      "forget said say going forward future later team insist habit house agree settle preference "
      "exception circumstance happen happens touch told comes come shop want wants switch plan "
      "everybody everyone nobody anybody thing way time kind good quality care work please decide "
      "understood remember important actually also again throughout wherever whatever everywhere "
      "habit circumstances concerned matter general anyone anything anywhere someone something "
      "nothing none once twice ever above below near next between among against per via such "
      "certain various several many most more less few enough both either neither whole entire "
      "not no yes still already long ago must shall should would could might may cannot need hold "
      // how a thing is laid out
      "alphabetical alphabetically ascending descending relative absolute plain "
      "written stand stands four-space two-space shop "
      // what is done
      "use using add adding write writing keep put place name call make create delete deleting "
      "remove removing rename move update change changing read open close run running start stop "
      "check verify validate ensure test show tell explain describe handle catch throw raise "
      "swallow ignore avoid prefer follow begin end finish split join group sort wrap pass return "
      "reach access touch edit modify format indent document mention include exclude leave stay "
      "stand live lives belong set get give take need want like see look find do apply limit "
      "respect separate inject mark silently directly explicitly straight without instead before "
      "after whenever always never every each one two three four five only own other same new old "
      "first last next small large short long simple clear clean explicit present past through "
      "beside under over inside outside front top bottom english language british american");
  return kCommon;
}

}  // namespace

bool is_common_in_software(std::string_view root) { return common().contains(root); }

}  // namespace hardwon
