/* onnx_write.h - a quantised net as an ONNX file. Products, sums and means of codes become QLinearConv, QGemm, QLinearAdd and the like, which
 * runtimes compute in integers; what has a clip or a float32 bias of its own becomes DequantizeLinear, operator, QuantizeLinear. */
#ifndef BL_ONNX_WRITE_H
#define BL_ONNX_WRITE_H

#include "platforms/net/net.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bl_onnx_form {
    /* Layers that no ONNX operator rounds as this net does (nets of TensorFlow Lite, layer tables: sums, means, softmax) become the operator that
     * comes nearest, whose outputs may differ by a step. Else they are refused. */
    bool nearest;
    uint32_t moved;            /* written: layers that were so */
};

/* The finished net as a model of opset 14 in *bytes, to be freed. Read back (bl_onnx_read) it computes the same integers in every tensor that both have;
 * with `moved` layers, nearly. Layers may have become several: a shape is said by a Reshape, a move of cells by Transpose, Slice, Pad. Images
 * are channels, rows, columns. The same net gives the same bytes. Refused, by the name of the layer: kinds and forms that ONNX
 * or our reader has no operator for. 0, or -1 after a bl_error. */
int bl_onnx_write(const struct bl_net *net, struct bl_onnx_form *form, uint8_t **bytes, size_t *len, struct bl_diag *diag);

#ifdef __cplusplus
}
#endif

#endif
