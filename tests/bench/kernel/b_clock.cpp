// b: one clock, N methods that each toggle one signal which nobody reads. b_clock SIZE N
#include <systemc>
#include "bench.h"
using namespace sc_core;
static uint64_t done;
struct Toggle : sc_module {
    sc_in<bool> clk;
    sc_signal<bool> q;
    SC_CTOR(Toggle) { SC_METHOD(tick); sensitive << clk.pos(); dont_initialize(); }
    void tick() { q.write(!q.read()); done++; }
};
int sc_main(int argc, char **argv) {
    uint64_t size = arg_n(argc, argv, 1, 1000000), n = arg_n(argc, argv, 2, 1000);
    sc_clock clk("clk", sc_time(10, SC_NS));
    for (uint64_t i = 0; i < n; i++)
        (new Toggle(sc_gen_unique_name("t")))->clk(clk);
    sc_start(sc_time(1, SC_NS));      // the edge at 0
    done = 0;
    begin();
    sc_start(sc_time(10, SC_NS) * (double)(size / n) - sc_time(1, SC_NS));
    report(done, done);
    return 0;
}
