//===- Keops.td - all records of the keops dialect -------------*- tablegen -*-===//

include "dialects/Keops/Pointwise.td"
include "dialects/Keops/Vector.td"
include "dialects/Keops/Complex.td"
include "dialects/Keops/Structure.td"
include "dialects/Keops/Reductions.td"
