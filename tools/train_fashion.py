#!/usr/bin/python3
"""train_fashion.py - trains the project's own small CNN on Fashion-MNIST and writes it as quantised ONNX.

Needs only Debian's python3-numpy, python3-onnx and dataset-fashion-mnist. One core, some minutes.
Training is float32 numpy, Adam; then every activation becomes uint8, every weight int8 (symmetric,
one scale a channel), and the accuracy that is printed is that of the integer net, computed with the
semantics of ONNX QLinearConv: int32 accumulator, float32 multiplier, round half to even, saturate.
"""
import argparse
import gzip
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE, CLASSES = 28, 10
C1, C2, FLAT = 16, 32, 32 * 7 * 7


def read_idx(path):
    """The array of one gzipped IDX file of unsigned bytes."""
    with gzip.open(path, "rb") as f:
        raw = f.read()
    if raw[:3] != b"\0\0\x08":
        sys.exit(f"{path}: found magic {raw[:4].hex()}, expected an IDX file of unsigned bytes")
    dims = np.frombuffer(raw, ">u4", raw[3], 4)
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * raw[3]).reshape(dims)


def write_idx(path, a):
    """One uncompressed IDX file of unsigned bytes."""
    with open(path + ".tmp", "wb") as f:
        f.write(bytes([0, 0, 8, a.ndim]) + np.array(a.shape, ">u4").tobytes() + a.tobytes())
    os.replace(path + ".tmp", path)


# ---- the float net: arrays are [n][y][x][c], weights [kh*kw*cin][cout] ----

def patches(x):
    """im2col of a 3x3 convolution, stride 2, padding 1."""
    n, h, w, c = x.shape
    p = np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
    out = np.empty((n, h // 2, w // 2, 9, c), x.dtype)
    for k in range(9):
        out[:, :, :, k] = p[:, k // 3:k // 3 + h:2, k % 3:k % 3 + w:2]
    return out.reshape(n * (h // 2) * (w // 2), 9 * c)


def scatter(d, n, h, w, c):
    """The transpose of patches()."""
    d = d.reshape(n, h // 2, w // 2, 9, c)
    p = np.zeros((n, h + 2, w + 2, c), d.dtype)
    for k in range(9):
        p[:, k // 3:k // 3 + h:2, k % 3:k % 3 + w:2] += d[:, :, :, k]
    return p[:, 1:-1, 1:-1]


def forward(p, x):
    n = len(x)
    a = {"x1": patches(x)}
    a["y1"] = np.maximum(a["x1"] @ p["w1"] + p["b1"], 0)
    a["x2"] = patches(a["y1"].reshape(n, 14, 14, C1))
    a["y2"] = np.maximum(a["x2"] @ p["w2"] + p["b2"], 0)
    a["x3"] = a["y2"].reshape(n, FLAT)
    a["z"] = a["x3"] @ p["w3"] + p["b3"]
    return a


def gradients(p, x, target, keep):
    """Gradients of the mean cross entropy; `keep` is the dropout mask on the classifier's input."""
    n = len(x)
    a = forward(p, x)
    x3 = a["x3"] * keep
    z = x3 @ p["w3"] + p["b3"]
    e = np.exp(z - z.max(1, keepdims=True))
    dz = (e / e.sum(1, keepdims=True) - target) / n
    d2 = (dz @ p["w3"].T * keep).reshape(-1, C2) * (a["y2"] > 0)
    d1 = scatter(d2 @ p["w2"].T, n, 14, 14, C1).reshape(-1, C1) * (a["y1"] > 0)
    return {"w3": x3.T @ dz, "b3": dz.sum(0), "w2": a["x2"].T @ d2, "b2": d2.sum(0),
            "w1": a["x1"].T @ d1, "b1": d1.sum(0)}


def start(rng):
    p = {}
    for i, (k, n) in enumerate(((9, C1), (9 * C1, C2), (FLAT, CLASSES)), 1):
        p[f"w{i}"] = (rng.standard_normal((k, n)) * np.sqrt(2 / k)).astype(np.float32)
        p[f"b{i}"] = np.zeros(n, np.float32)
    return p


def augment(x, rng):
    """Mirrors half of the images."""
    x = x.copy()
    flip = rng.random(len(x)) < 0.5
    x[flip] = x[flip, :, ::-1]
    return x


def train(x, y, args):
    rng = np.random.default_rng(args.seed)
    p = start(rng)
    m = {k: np.zeros_like(v) for k, v in p.items()}
    v = {k: np.zeros_like(w) for k, w in p.items()}
    hot = np.full((CLASSES, CLASSES), 0.05 / CLASSES, np.float32) + 0.95 * np.eye(CLASSES, dtype=np.float32)
    steps, t = args.epochs * (len(x) // args.batch), 0
    for epoch in range(args.epochs):
        order = rng.permutation(len(x))
        for b in range(len(x) // args.batch):
            i = order[b * args.batch:(b + 1) * args.batch]
            keep = ((rng.random((len(i), FLAT)) < 0.9) / 0.9).astype(np.float32)
            g = gradients(p, augment(x[i], rng), hot[y[i]], keep)
            t += 1
            rate = args.rate * 0.5 * (1 + np.cos(np.pi * t / steps))
            for k in p:
                gk = g[k] + 1e-5 * p[k]
                m[k] = 0.9 * m[k] + 0.1 * gk
                v[k] = 0.999 * v[k] + 0.001 * gk * gk
                p[k] = (p[k] - rate * (m[k] / (1 - 0.9 ** t))
                        / (np.sqrt(v[k] / (1 - 0.999 ** t)) + 1e-8)).astype(np.float32)
        print(f"epoch {epoch + 1:2d}: float accuracy on the first 10000 training images "
              f"{100 * accuracy(lambda q: forward(p, q)['z'], x[:10000], y[:10000]):.2f} %", flush=True)
    return p


def accuracy(net, x, y):
    hit = sum((net(x[i:i + 500]).argmax(1) == y[i:i + 500]).sum() for i in range(0, len(x), 500))
    return hit / len(x)


# ---- quantisation ----

def quantise(p, x):
    """Integer weights and scales. Activation ranges: the best of some clips of the calibration maximum
    by mean squared error; logits keep their whole range. The image is taken as it is: scale 1/255."""
    a = forward(p, x)
    f = np.float32
    q = {"s0": f(1) / f(255)}
    for i, name in ((1, "y1"), (2, "y2")):
        top, best = a[name].max(), None
        for clip in np.linspace(0.3, 1.0, 29):
            s = f(top * clip / 255)
            err = np.mean((np.clip(np.rint(a[name] / s), 0, 255) * s - a[name]) ** 2)
            if best is None or err < best[0]:
                best = err, s
        q[f"s{i}"] = best[1]
    lo, hi = a["z"].min(), a["z"].max()
    q["s3"] = f((hi - lo) / 255)
    q["z3"] = int(np.rint(-lo / q["s3"]))
    for i in (1, 2, 3):
        w = p[f"w{i}"]
        sw = (np.abs(w).max(0) / 127).astype(f)
        q[f"sw{i}"] = sw
        q[f"w{i}"] = np.clip(np.rint(w / sw), -127, 127).astype(np.int8)
        q[f"b{i}"] = np.rint(p[f"b{i}"] / (q[f"s{i - 1}"] * sw)).astype(np.int32)
    return q


def integer(q, x):
    """Logits (uint8) of the integer net; x is uint8. Sums stay below 2**53, so float64 products are exact."""
    def layer(i, cols, zero):
        acc = (cols.astype(np.float64) @ q[f"w{i}"].astype(np.float64)).astype(np.int64) + q[f"b{i}"]
        m = (q[f"s{i - 1}"] * q[f"sw{i}"]) / q[f"s{i}"]
        assert m.dtype == np.float32 and np.abs(acc).max() < 2 ** 31
        r = np.rint(acc.astype(np.int32).astype(np.float32) * m).astype(np.int64) + zero
        return np.clip(r, 0, 255).astype(np.uint8)
    n = len(x)
    y1 = layer(1, patches(x), 0).reshape(n, 14, 14, C1)
    y2 = layer(2, patches(y1), 0).reshape(n, FLAT)
    return layer(3, y2, q["z3"])


# ---- ONNX, in QDQ form ----

def export(q, path):
    """QDQ form: DequantizeLinear -> op -> (Relu) -> QuantizeLinear; weights in ONNX order [cout][cin][kh][kw]."""
    nodes, inits = [], []

    def const(name, a):
        inits.append(numpy_helper.from_array(np.asarray(a), name))
        return name

    def dq(src, scale, zero, out, axis=None):
        kw = {} if axis is None else {"axis": axis}
        nodes.append(helper.make_node("DequantizeLinear", [src, scale, zero], [out], out + "_dq", **kw))
        return out

    def weight(i, a, scale, zero, axis):
        return dq(const(f"{i}_q", a), scale, const(f"{i}_zero", zero), i, axis)

    cin = {1: 1, 2: C1}
    w = {i: q[f"w{i}"].reshape(3, 3, cin[i], -1).transpose(3, 2, 0, 1) for i in (1, 2)}
    w[3] = q["w3"].reshape(7, 7, C2, CLASSES).transpose(3, 2, 0, 1).reshape(CLASSES, FLAT)
    x, names = "image", {1: "conv1", 2: "conv2", 3: "fc"}
    zero = const("zero_u8", np.uint8(0))
    scale = const("image_scale", q["s0"])
    for i in (1, 2, 3):
        n = names[i]
        real = dq(x, scale, zero, f"{n}_x")
        ww = weight(f"{n}_w", w[i], const(f"{n}_w_scale", q[f"sw{i}"]), np.zeros(len(w[i]), np.int8), 0)
        bb = weight(f"{n}_b", q[f"b{i}"], const(f"{n}_b_scale", q[f"s{i - 1}"] * q[f"sw{i}"]),
                    np.zeros(len(w[i]), np.int32), 0)
        if i < 3:
            nodes.append(helper.make_node("Conv", [real, ww, bb], [f"{n}_z"], n, kernel_shape=[3, 3],
                                          strides=[2, 2], pads=[1, 1, 1, 1], dilations=[1, 1], group=1))
            nodes.append(helper.make_node("Relu", [f"{n}_z"], [f"{n}_y"], f"{n}_relu"))
        else:
            nodes.append(helper.make_node("Flatten", [real], ["flat"], "flatten", axis=1))
            nodes.append(helper.make_node("Gemm", ["flat", ww, bb], [f"{n}_y"], n, transB=1))
            zero = const("logits_zero", np.uint8(q["z3"]))
        scale = const(f"{n}_scale", q[f"s{i}"])
        x = "logits" if i == 3 else f"{n}_q"
        nodes.append(helper.make_node("QuantizeLinear", [f"{n}_y", scale, zero], [x], f"{n}_quantise"))
    graph = helper.make_graph(
        nodes, "fashion_cnn",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, [1, 1, SIDE, SIDE])],
        [helper.make_tensor_value_info("logits", TensorProto.UINT8, [1, CLASSES])], inits)
    model = helper.make_model(graph, producer_name="train_fashion.py", opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    onnx.checker.check_model(model)
    with open(path + ".tmp", "wb") as f:
        f.write(model.SerializeToString())
    os.replace(path + ".tmp", path)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--data", default="/usr/share/datasets/fashion-mnist", help="folder of the four .gz files")
    ap.add_argument("--out", default="platforms/nets", help="folder that gets the net and the hundred test images")
    ap.add_argument("--epochs", type=int, default=24)
    ap.add_argument("--batch", type=int, default=128)
    ap.add_argument("--rate", type=float, default=4e-3, help="Adam's rate at the start; it falls to 0 as a cosine")
    ap.add_argument("--seed", type=int, default=1)
    args = ap.parse_args()
    d = {k: read_idx(os.path.join(args.data, f"{k}-ubyte.gz"))
         for k in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")}
    x, y = d["train-images-idx3"][..., None], d["train-labels-idx1"]
    tx, ty = d["t10k-images-idx3"][..., None], d["t10k-labels-idx1"]
    real = lambda a: a.astype(np.float32) / np.float32(255)
    p = train(real(x), y, args)
    print(f"float accuracy on the 10000 test images: {100 * accuracy(lambda b: forward(p, b)['z'], real(tx), ty):.2f} %")
    q = quantise(p, real(x[:2000]))
    print(f"int8 accuracy on the 10000 test images: {100 * accuracy(lambda b: integer(q, b), tx, ty):.2f} %")
    export(q, os.path.join(args.out, "fashion_cnn.onnx"))
    write_idx(os.path.join(args.out, "fashion100-images.idx3"), tx[:100, :, :, 0])
    write_idx(os.path.join(args.out, "fashion100-labels.idx1"), ty[:100])


if __name__ == "__main__":
    main()
