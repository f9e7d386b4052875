/* onnx_bits.h - models with fewer than eight bits, as exporters write them, and what becomes of their layers. */
#ifndef BL_TESTS_ONNX_BITS_H
#define BL_TESTS_ONNX_BITS_H

#include "platforms/net/net.h"
#include "tests/rigs/heard.h"
#include "tests/rigs/onnx_text.h"

/* says: of each product "weights x inputs coding", of the input as it reads it. */
static const struct { const char *what, *input; int opset; const char *graph, *says; } BITS_MODELS[] = {
    { "int4 and uint4 weights", "u8 1,8", 21, "-> Q(MatMul(r, DequantizeLinear(i4[8,3], f:.1, i4:0))), Q(MatMul(r, DequantizeLinear(u4[8,2], f:.1, u4:8)))",
      "4x8 unsigned, 4x8 unsigned" },
    { "int4 and uint4 activations", "u8 1,8", 21,
      "a = DequantizeLinear(QuantizeLinear(r, f:.3, i4:-1), f:.3, i4:-1); b = DequantizeLinear(QuantizeLinear(r, f:.3, u4:7), f:.3, u4:7); "
      "-> Q(MatMul(a, W[8,3])), Q(MatMul(b, DequantizeLinear(i4[8,2], f:.1, i4:0)))", "8x4 signed, 4x4 unsigned" },
    { "QONNX", "u8 1,8", 13, "a = Quant{signed=0 narrow=0}(r, f:.25, f:0, f:3); -> Q(MatMul(a, Quant{signed=1 narrow=1}(f[8,3], f:.5, f:0, f:2)))", "2x3 unsigned" },
    { "QONNX, more of them", "u8 1,8", 13, "a = Quant{signed=1 narrow=1}(r, f:.25, f:0, f:5); -> Q(MatMul(a, Quant{signed=0 narrow=0}(f[8,3], f:.5, f:3, f:6)))",
      "6x5 signed" },
    { "bipolar weights", "u8 1,8", 13, "-> Q(MatMul(r, BipolarQuant(f[8,3], f:.5)))", "1x8 unsigned" },
    { "bipolar activations", "u8 1,8", 13, "-> Q(MatMul(BipolarQuant(r, f:.5), W[8,2]))", "8x1 odd" },
    { "bipolar both", "u8 1,8", 13, "-> Q(MatMul(BipolarQuant(r, f:.5), BipolarQuant(f[8,3], f:.5)))", "1x1 odd" },
    { "QCDQ", "u8 1,8", 13, "a = DequantizeLinear(Clip(QuantizeLinear(r, f:.25, u:0), u:0, u:15), f:.25, u:0); "
      "-> Q(MatMul(a, DequantizeLinear(Clip(i8[8,3], i:-4, i:3), f:.5, i:0)))", "3x4 unsigned" },
    { "QCDQ, narrow range", "u8 1,8", 13, "a = DequantizeLinear(Clip(QuantizeLinear(r, f:.25, i:0), i:-31, i:31), f:.25, i:0); "
      "-> Q(MatMul(a, DequantizeLinear(Clip(i8[8,3], i:-1, i:1), f:.5, i:0)))", "2x6 signed" },
    { "a zero point outside of the clip", "u8 1,8", 13, "a = DequantizeLinear(Clip(QuantizeLinear(r, f:.25, u:100), u:0, u:15), f:.25, u:100); -> Q(MatMul(a, W[8,3]))",
      "8x8 unsigned" },
};
enum { BITS_COUNT = sizeof BITS_MODELS / sizeof *BITS_MODELS };

static inline struct bl_net *bits_model(int i, struct heard *h)
{
    size_t len;
    uint8_t *bytes = text_bytes(BITS_MODELS[i].graph, BITS_MODELS[i].input, BITS_MODELS[i].opset, &len);
    struct bl_net *net = bl_net_from_bytes("bits.onnx", bytes, len, 0, heard_start(h));

    free(bytes);
    ck_assert_msg(net != NULL, "%s: %s", BITS_MODELS[i].what, h->text);
    return net;
}

#endif
