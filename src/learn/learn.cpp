#include "learn/learn.h"
