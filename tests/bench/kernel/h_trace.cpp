// h: N signals that all change at each edge, to a VCD (environment BENCH_TRACE=FILE.vcd) or not. h_trace SIZE N
#include <systemc>
#include <string>
#include "bench.h"
using namespace sc_core;
struct Noise : sc_module {
    sc_in<bool> clk;
    sc_signal<uint32_t> q;
    uint32_t n;
    SC_HAS_PROCESS(Noise);
    Noise(sc_module_name name, uint32_t seed) : sc_module(name), q("q"), n(seed) {
        SC_METHOD(tick);
        sensitive << clk.pos();
        dont_initialize();
    }
    void tick() { q.write(xorshift(&n)); }
};
int sc_main(int argc, char **argv) {
    uint64_t size = arg_n(argc, argv, 1, 1000000), n = arg_n(argc, argv, 2, 1000), sum = 0;
    const char *file = getenv("BENCH_TRACE");
    sc_clock clk("clk", sc_time(10, SC_NS));
    std::vector<Noise *> t;
    for (uint64_t i = 0; i < n; i++) {
        t.push_back(new Noise(sc_gen_unique_name("n"), UINT32_C(0x9E3779B9) * (uint32_t)(i + 1)));
        t[i]->clk(clk);
    }
    sc_trace_file *f = 0;
    if (file) {
        std::string stem(file);
        f = sc_create_vcd_trace_file(stem.substr(0, stem.rfind(".vcd")).c_str());
        f->set_time_unit(1, SC_NS);
        for (uint64_t i = 0; i < n; i++)
            sc_trace(f, t[i]->q, t[i]->q.name());
    }
    sc_start(sc_time(1, SC_NS));      // the edge at 0
    begin();
    sc_start(sc_time(10, SC_NS) * (double)(size / n) - sc_time(1, SC_NS));
    if (f)
        sc_close_vcd_trace_file(f);
    for (uint64_t i = 0; i < n; i++)
        sum = sum * 31 + t[i]->q.read();
    report(size / n * n, sum);
    return 0;
}
