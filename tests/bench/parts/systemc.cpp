// systemc.cpp - the circuits of the .yaml files, a method a part at each edge, queues of two items between them:
// PROGRAM PART TICKS N
#include <array>
#include <memory>
#include <string>
#include <systemc>
#include "bench.h"
using namespace sc_core;

static uint64_t units, sum;

namespace std {                                 // sc_fifo wants to print its items
template <class T, size_t N> ostream &operator<<(ostream &o, const array<T, N> &a) { return o << a[0] << ".."; }
}

// A part on the clock.
struct Clocked : sc_module {
    sc_in<bool> clk;
    SC_HAS_PROCESS(Clocked);
    Clocked(sc_module_name n, sc_clock &c) : sc_module(n) { SC_METHOD(tick); sensitive << clk.pos(); dont_initialize(); clk(c); }
    virtual void tick() = 0;
};

template <class Item> struct Gen : Clocked {
    sc_fifo<Item> &q;
    uint64_t k = 0, limit;
    Item item;
    Gen(sc_module_name n, sc_clock &c, sc_fifo<Item> &to, uint64_t most = 0) : Clocked(n, c), q(to), limit(most) {}
    void tick() override {
        if ((limit && k == limit) || !q.num_free()) return;
        for (size_t i = 0; i < item.size(); i++) item[i] = (typename Item::value_type)(k + i);
        q.nb_write(item);
        k++;
    }
};

template <class Item> struct Sink : Clocked {
    sc_fifo<Item> &q;
    Item item;
    Sink(sc_module_name n, sc_clock &c, sc_fifo<Item> &from) : Clocked(n, c), q(from) {}
    void tick() override {
        if (!q.nb_read(item)) return;
        uint64_t s = 0;
        for (auto v : item) s += v;
        sum += s;
        units++;
    }
};

template <class X, class Y> struct Part : Clocked {
    sc_fifo<X> &x;
    sc_fifo<Y> &y;
    X in;
    Y out;
    Part(sc_module_name n, sc_clock &c, sc_fifo<X> &from, sc_fifo<Y> &to) : Clocked(n, c), x(from), y(to) {}
};

// ---- adder_tree: 100 trees of 64 operands of 8 bits ----
typedef std::array<uint64_t, 800> Planes;
typedef std::array<uint16_t, 100> Sums;
struct Tree : Part<Planes, Sums> {
    using Part::Part;
    void tick() override {
        if (!y.num_free() || !x.nb_read(in)) return;
        for (int l = 0; l < 100; l++) {
            out[l] = 0;
            for (int b = 0; b < 8; b++) out[l] += __builtin_popcountll(in[l * 8 + b]) << b;
        }
        y.nb_write(out);
    }
};

// ---- imc_array: 64 rows, 800 columns ----
typedef std::array<uint64_t, 1> Slice;
typedef std::array<uint64_t, 14> Row;
struct Array : Part<Slice, Planes> {
    sc_fifo<Row> &w;
    Row row;
    Planes cell{};
    Array(sc_module_name n, sc_clock &c, sc_fifo<Slice> &from, sc_fifo<Row> &rows, sc_fifo<Planes> &to)
        : Part(n, c, from, to), w(rows) {}
    void tick() override {
        if (w.nb_read(row)) {
            for (int c = 0; c < 800; c++)
                cell[c] = (cell[c] & ~(1ull << row[0])) | (row[1 + c / 64] >> c % 64 & 1) << row[0];
        } else if (y.num_free() && x.nb_read(in)) {
            for (int c = 0; c < 800; c++) out[c] = cell[c] & in[0];
            y.nb_write(out);
        }
    }
};

// ---- sar_adc: a decision an edge, the first one with the sample ----
typedef std::array<uint32_t, 100> Values;
struct Adc : Part<Values, Values> {
    using Part::Part;
    std::array<double, 100> held;
    std::array<uint32_t, 100> code;
    int bit = -1;                               // -1: none under way
    void tick() override {
        if (bit < 0) {
            if (!x.nb_read(in)) return;
            for (int l = 0; l < 100; l++) held[l] = (int32_t)in[l];
            code.fill(0);
            bit = 7;
        } else if (bit == 0 && !y.num_free()) return;
        for (int l = 0; l < 100; l++)
            if (held[l] >= (code[l] | 1u << bit) * 16.0) code[l] |= 1u << bit;
        if (bit-- > 0) return;
        for (int l = 0; l < 100; l++) out[l] = (uint32_t)((code[l] + 0.5) * 16.0);
        y.nb_write(out);
    }
};

// ---- sram: 64 words of 100 x 32 bits, written and read in turn ----
typedef std::array<uint64_t, 50> Word;
typedef std::array<uint64_t, 52> Request;       // kind, address, word
struct Client : Clocked {
    sc_fifo<Request> &q;
    uint64_t k = 0;
    Request item;
    Client(sc_module_name n, sc_clock &c, sc_fifo<Request> &to) : Clocked(n, c), q(to) {}
    void tick() override {
        if (!q.num_free()) return;
        item[0] = !(k & 1);
        item[1] = k / 2 % 64;
        for (int i = 0; i < 50; i++) item[2 + i] = k + i;
        q.nb_write(item);
        k++;
    }
};
struct Sram : Part<Request, Word> {
    using Part::Part;
    std::array<Word, 64> word;
    void tick() override {                      // without room nothing starts: which of both it is, is in the queue
        if (!y.num_free() || !x.nb_read(in)) return;
        if (in[0] & 1) std::copy(in.begin() + 2, in.end(), word[in[1]].begin());
        else y.nb_write(word[in[1]]);
    }
};

template <class T> struct Queues {              // of N cells
    std::vector<std::unique_ptr<sc_fifo<T>>> q;
    explicit Queues(uint64_t n) { while (n--) q.emplace_back(new sc_fifo<T>(2)); }
    sc_fifo<T> &operator[](uint64_t i) { return *q[i]; }
};
static const char *name(const char *s) { return sc_gen_unique_name(s); }

int sc_main(int argc, char **argv) {
    const std::string part = argc > 1 ? argv[1] : "";
    const uint64_t ticks = arg_n(argc, argv, 2, 100), n = arg_n(argc, argv, 3, 1000);
    sc_clock clk("clk", sc_time(1, SC_NS));
    Queues<Planes> planes(part == "adder_tree" || part == "imc_array" ? n : 0);
    Queues<Sums> sums(part == "adder_tree" ? n : 0);
    Queues<Slice> slices(part == "imc_array" ? n : 0);
    Queues<Row> rows(part == "imc_array" ? n : 0);
    Queues<Values> values(part == "sar_adc" ? n : 0), codes(part == "sar_adc" ? n : 0);
    Queues<Request> requests(part == "sram" ? n : 0);
    Queues<Word> words(part == "sram" ? n : 0);
    for (uint64_t i = 0; i < n; i++)            // parts live until the end
        if (part == "adder_tree") {
            new Gen<Planes>(name("gen"), clk, planes[i]);
            new Tree(name("tree"), clk, planes[i], sums[i]);
            new Sink<Sums>(name("sink"), clk, sums[i]);
        } else if (part == "imc_array") {
            new Gen<Slice>(name("gen"), clk, slices[i]);
            new Gen<Row>(name("rows"), clk, rows[i], 64);
            new Array(name("array"), clk, slices[i], rows[i], planes[i]);
            new Sink<Planes>(name("sink"), clk, planes[i]);
        } else if (part == "sar_adc") {
            new Gen<Values>(name("gen"), clk, values[i]);
            new Adc(name("adc"), clk, values[i], codes[i]);
            new Sink<Values>(name("sink"), clk, codes[i]);
        } else {
            new Client(name("client"), clk, requests[i]);
            new Sram(name("ram"), clk, requests[i], words[i]);
            new Sink<Word>(name("sink"), clk, words[i]);
        }
    sc_start(sc_time(1, SC_PS));                // the edge at 0
    begin();
    sc_start(sc_time(1, SC_NS) * (double)(ticks - 1));
    stop();
    report(units, sum);
    return 0;
}
