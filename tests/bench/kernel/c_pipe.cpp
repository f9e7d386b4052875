// c: a pipeline of N registers of 32 bits, a method a stage, ports between them. c_pipe SIZE N
#include <systemc>
#include "bench.h"
using namespace sc_core;
struct Stage : sc_module {
    sc_in<bool> clk;
    sc_in<uint32_t> d;
    sc_out<uint32_t> q;
    SC_CTOR(Stage) { SC_METHOD(tick); sensitive << clk.pos(); dont_initialize(); }
    void tick() { q.write(d.read() * 3 + 1); }
};
struct Source : sc_module {
    sc_in<bool> clk;
    sc_out<uint32_t> q;
    uint32_t n;
    SC_CTOR(Source) : n(0) { SC_METHOD(tick); sensitive << clk.pos(); dont_initialize(); }
    void tick() { q.write(++n); }
};
int sc_main(int argc, char **argv) {
    uint64_t size = arg_n(argc, argv, 1, 1000000), n = arg_n(argc, argv, 2, 64);
    sc_clock clk("clk", sc_time(10, SC_NS));
    sc_vector<sc_signal<uint32_t> > s("s", n + 1);
    Source source("source");
    source.clk(clk);
    source.q(s[0]);
    for (uint64_t i = 0; i < n; i++) {
        Stage *t = new Stage(sc_gen_unique_name("t"));
        t->clk(clk);
        t->d(s[i]);
        t->q(s[i + 1]);
    }
    sc_start(sc_time(1, SC_NS));      // the edge at 0
    begin();
    sc_start(sc_time(10, SC_NS) * (double)(size / n) - sc_time(1, SC_NS));
    report(size / n * n, s[n].read());
    return 0;
}
