#include "vector/exact_index.h"
