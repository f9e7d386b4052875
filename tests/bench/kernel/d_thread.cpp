// d: N threads that wait for 10 ns again and again. d_thread SIZE N
#include <systemc>
#include "bench.h"
using namespace sc_core;
static uint64_t done;
struct Waiter : sc_module {
    SC_CTOR(Waiter) { SC_THREAD(run); }
    void run() { for (;;) { wait(10, SC_NS); done++; } }
};
int sc_main(int argc, char **argv) {
    uint64_t size = arg_n(argc, argv, 1, 1000000), n = arg_n(argc, argv, 2, 1000);
    for (uint64_t i = 0; i < n; i++)
        new Waiter(sc_gen_unique_name("w"));
    sc_start(SC_ZERO_TIME);
    done = 0;
    begin();
    sc_start(sc_time(10, SC_NS) * (double)(size / n));
    report(done, done);
    return 0;
}
