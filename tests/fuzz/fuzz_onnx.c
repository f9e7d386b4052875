/* fuzz_onnx.c - any bytes through the ONNX reader; what it reads, the reference runs once. The mutator knows how protobuf writes a field:
 * it changes whole numbers and copies whole fields, so that lengths stay right more often than by chance. */
#include <stdlib.h>
#include <string.h>

#include "platforms/net/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

static void nothing(void *ctx, const char *text) { (void)ctx; (void)text; }

enum { MOST_BYTES = 1 << 22, MOST_STEPS = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bl_diag diag = { .put = nothing };
    struct bl_net *net = bl_onnx_read("fuzz.onnx", data, size, &diag);
    struct bl_ref_out out;
    uint64_t bytes = 0, macs = 0;

    if (!net && !diag.errors)
        abort();                       /* a refusal says why */
    for (uint32_t t = 0; net && t < net->ntensors; t++)
        bytes += bl_tensor_bytes(&net->tensors[t]);
    for (uint32_t i = 0; net && i < net->nlayers; i++)
        macs += bl_layer_macs(net, i) + bl_tensor_elems(&net->tensors[net->layers[i].out]) * net->layers[i].kh * net->layers[i].kw;
    if (net && bytes < MOST_BYTES && macs < MOST_STEPS) {
        uint8_t *image = calloc(bl_net_input_bytes(net) + 1, 1);
        if (bl_ref_init(&out, net, &diag) == 0) {
            bl_reference_run(net, image, &out);
            bl_ref_fini(&out);
        }
        free(image);
    }
    bl_net_free(net);
    return 0;
}

/* Fields that lie in the message at [from, to): where they begin, at most `room`. */
static size_t fields(const uint8_t *b, size_t from, size_t to, size_t *at, size_t room)
{
    size_t n = 0;

    while (from < to && n < room) {
        unsigned wire = b[from] & 7;
        size_t p = from + 1, len = 0;
        if (b[from] & 0x80 || wire > 5 || wire == 3 || wire == 4)
            break;
        if (wire == 0 || wire == 2)
            for (unsigned s = 0; p < to && s < 28; s += 7) {
                len |= (size_t)(b[p] & 127) << s;
                if (!(b[p++] & 128))
                    break;
            }
        len = wire == 2 ? len : wire == 1 ? 8 : wire == 5 ? 4 : 0;
        if (len > to - p)
            break;
        at[n++] = from;
        from = p + len;
    }
    at[n] = from;
    return n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size_t at[257], from = 0, to = size, n = fields(data, 0, size, at, 256);

    srand(seed);
    for (int deep = rand() % 5; deep > 0 && n; deep--) {       /* into a message of one byte of tag and one of length */
        size_t f = at[rand() % n];
        if ((data[f] & 7) != 2 || f + 2 > to || data[f + 1] & 0x80)
            break;
        from = f + 2;
        to = from + data[f + 1];
        n = fields(data, from, to, at, 256);
    }
    if (!n || rand() % 3 == 0)
        return LLVMFuzzerMutate(data, size, most);
    size_t f = (size_t)rand() % n, p = at[f];
    if (rand() % 2 && (data[p] & 7) == 0 && p + 1 < size) {    /* another number, as long */
        data[p + 1] = (uint8_t)((data[p + 1] & 0x80) | (rand() & 127));
        return size;
    }
    size_t end = at[f + 1], g = (size_t)rand() % n, len = at[g + 1] - at[g];
    if (len == end - p) {                                      /* one field in the place of another one of its size */
        memmove(data + p, data + at[g], len);
        return size;
    }
    return LLVMFuzzerMutate(data, size, most);
}
