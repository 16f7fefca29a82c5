#include "vector/embedder.h"
