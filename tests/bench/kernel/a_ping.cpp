// a: methods that trigger themselves again after a random time, 1..1024 ps. a_ping SIZE N
#include <systemc>
#include "bench.h"
using namespace sc_core;
static uint64_t done, sum;
struct Ping : sc_module {
    uint32_t seed;
    SC_HAS_PROCESS(Ping);
    Ping(sc_module_name name, uint32_t s) : sc_module(name), seed(s) { SC_METHOD(go); }
    void go() {
        uint32_t d = (xorshift(&seed) & 1023) + 1;
        done++;
        sum += d;
        next_trigger(sc_time::from_value(d));
    }
};
int sc_main(int argc, char **argv) {
    uint64_t size = arg_n(argc, argv, 1, 1000000), n = arg_n(argc, argv, 2, 1000);
    for (uint64_t i = 0; i < n; i++)
        new Ping(sc_gen_unique_name("p"), UINT32_C(0x9E3779B9) * (uint32_t)(i + 1));
    sc_start(SC_ZERO_TIME);
    done = sum = 0;
    begin();
    sc_start(sc_time::from_value(size / n * 512));
    report(done, sum);
    return 0;
}
