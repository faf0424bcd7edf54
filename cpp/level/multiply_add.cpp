#include "instances.hpp"

namespace latentia::skinny {

LATENTIA_MULTIPLY_ADD(float);
LATENTIA_MULTIPLY_ADD(double);

}  // namespace latentia::skinny
