#include "reason/sampler.h"
