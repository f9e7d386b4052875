/* onnx_graphs.h - ONNX graphs at random, a function of the seed: what the differential test of the reader gives to ONNX Runtime too.
 * A graph is a chain of steps over quantised activations; a step is a node in QOperator form, or float nodes between a
 * DequantizeLinear and a QuantizeLinear. */
#ifndef BL_TESTS_ONNX_GRAPHS_H
#define BL_TESTS_ONNX_GRAPHS_H

#include "tests/rigs/onnx_bare.h"
#include "tests/rigs/onnx_float.h"
#include "tests/rigs/onnx_moves.h"
#include "tests/rigs/onnx_qdq.h"
#include "tests/rigs/onnx_qop.h"

static inline void graph_end(struct graph *g)
{
    char x[24], y[24];

    if (draw(g, 0, 3) == 0 || g->type == MAKE_U4 || g->type == MAKE_S4) {
        dequantize(g, x);
        g->real = true;
        if ((g->type == MAKE_U4 || g->type == MAKE_S4) && draw(g, 0, 1)) {
            int64_t wd[2] = { g->d[g->rank - 1], draw(g, 1, 5) };
            char w[24], in[60];
            float size;
            snprintf(in, sizeof in, "%s,%s", x, weights(g, w, 2, wd, 1, &size));
            node(g, "MatMul", in, y);
            said(g, "MatMul of four bits");
            g->ties = true;
            strcpy(x, y);
        } else if (draw(g, 0, 2) == 0) {
            make_int(&g->m, node(g, "Softmax", x, y), "axis", g->opset < 11 ? (int)g->rank - 1 : -1);
            said(g, "Softmax");
            g->ties = true;
            strcpy(x, y);
        } else if (draw(g, 0, 1) && g->rank > 2) {
            int64_t axes[2] = { 2, 3 };
            Onnx__NodeProto *n = axes_node(g, "ReduceMean", x, 18, g->rank - 2, axes, y);
            make_int(&g->m, n, "keepdims", draw(g, 0, 1));
            said(g, "ReduceMean");
            g->ties = true;
            strcpy(x, y);
        }
        strcpy(g->at, x);
    }
    for (int i = 0; i < 2; i++) {
        const char *name = i ? g->real_at : g->at;
        if (!*name || (i && !strcmp(name, g->at)))
            continue;
        Onnx__ValueInfoProto *v = make_value(&g->m, name, g->real || i ? MAKE_FLOAT : g->type, 0, NULL);
        v->type->tensor_type->shape = NULL;
        g->m.out[g->m.graph.n_output++] = v;
    }
    for (size_t i = 0; i < g->m.graph.n_node; i++)
        for (size_t k = 0; k < g->m.nodes[i]->n_attribute; k++) {
            Onnx__AttributeProto *a = g->m.nodes[i]->attribute[k];
            a->has_type = 1;
            a->type = a->has_i ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT : a->has_f ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT :
                      a->has_s ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
        }
}

static inline void graph_start(struct graph *g)
{
    Onnx__OperatorSetIdProto **sets, *set;

    static const int OPSETS[] = { 10, 11, 12, 13, 13, 15, 17, 18, 19, 21, 21 };

    make_start(&g->m);
    g->opset = OPSETS[draw(g, 0, sizeof OPSETS / sizeof *OPSETS - 1)];
    g->m.graph.name = make_text(&g->m, "g", 1);
    g->m.model.has_ir_version = 1;
    g->m.model.ir_version = g->opset < 19 ? 8 : 10;
    sets = make_alloc(&g->m, 2 * sizeof *sets);
    for (int i = 0; i < 2; i++) {
        set = sets[i] = make_alloc(&g->m, sizeof *set);
        onnx__operator_set_id_proto__init(set);
        set->domain = make_text(&g->m, i ? "com.microsoft" : "", i ? 13 : 0);
        set->has_version = 1;
        set->version = i ? 1 : g->opset;
    }
    g->m.model.opset_import = sets;
    g->m.model.n_opset_import = 2;
}

/* The model's bytes, to be freed; *g says how its output is to be compared. */
static inline uint8_t *graph_bytes(struct graph *g, uint64_t seed, size_t *len)
{
    static void (*const QDQ[])(struct graph *) = { step_conv, step_conv, step_gemm, step_matmul, step_function, step_pair, step_pair, step_pool,
                                                   step_move, step_move,
                                                   step_move, step_bare, step_float_product, step_residual, step_branches, step_along, step_attention,
                                                   step_island };
    static void (*const QOP[])(struct graph *) = { step_qproduct, step_qproduct, step_qpair, step_qpair, step_qother, step_qother, step_move, step_qgemm, step_two, step_bare };

    memset(g, 0, sizeof *g);
    g->seed = seed;
    graph_start(g);
    g->rank = (size_t)draw(g, 0, 3);
    g->rank = g->rank < 2 ? 4 : g->rank;
    g->d[0] = 1;
    for (size_t i = 1; i < g->rank; i++)
        g->d[i] = draw(g, 1, 6);
    if (g->rank == 2)
        g->d[0] = draw(g, 1, 4);
    g->type = draw(g, 0, 1) ? MAKE_U8 : MAKE_S8;
    g->scale = any_scale(g, 0.02f);
    g->zero = any_zero(g, g->type);
    g->input_type = draw(g, 0, 1) ? g->type : MAKE_FLOAT;
    make_input(&g->m, "x", g->input_type, g->rank, g->d);
    strcpy(g->at, "x");
    if (g->input_type == MAKE_FLOAT) {
        char c[56], in[96];
        snprintf(in, sizeof in, "x,%s", code(g, c, g->type, g->scale, g->zero));
        node(g, "QuantizeLinear", in, g->at);
    }
    bool qdq = draw(g, 0, 2) != 0;
    for (int i = draw(g, 1, 4); i > 0 && g->m.graph.n_node < MAKE_NODES - 24 && elems(g->rank, g->d) < 1000; i--) {
        if (qdq)
            QDQ[draw(g, 0, sizeof QDQ / sizeof *QDQ - 1)](g);
        else
            QOP[draw(g, 0, sizeof QOP / sizeof *QOP - 1)](g);
        if (g->type == MAKE_U4 || g->type == MAKE_S4)      /* the oracle writes codes of a byte into a buffer that four bits leave: end here */
            break;
    }
    if (!g->steps[0])
        step_function(g);
    graph_end(g);
    return make_bytes(&g->m, len);
}

#endif
