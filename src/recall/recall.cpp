#include "recall/recall.h"
