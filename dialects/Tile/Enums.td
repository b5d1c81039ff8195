//===- Enums.td - names of instruction sets --------------------*- tablegen -*-===//

#ifndef TILE_ENUMS_TD
#define TILE_ENUMS_TD

include "mlir/IR/EnumAttr.td"

// x86-64-v2 (SSE4.2), x86-64-v3 (AVX2 and FMA), x86-64-v4 (AVX-512), and any
// GPU: what it is called is for its assembler to know.
def Tile_Isa : I32EnumAttr<"Isa", "instruction set", [
    I32EnumAttrCase<"V2", 2, "v2">, I32EnumAttrCase<"V3", 3, "v3">,
    I32EnumAttrCase<"V4", 4, "v4">, I32EnumAttrCase<"Gpu", 100, "gpu">]> {
  let cppNamespace = "::keops::tile";
  let genSpecializedAttr = 0;
}
def Tile_IsaParameter : EnumParameter<Tile_Isa>;

#endif // TILE_ENUMS_TD
