// x: a watchdog that is armed a second ahead and withdrawn, over and over. x_cancel SIZE
#include <systemc>
#include "bench.h"
using namespace sc_core;
static uint64_t total;
struct Watchdog : sc_module {
    sc_event e;
    SC_CTOR(Watchdog) { SC_METHOD(go); }
    void go() {
        sc_time far(1, SC_SEC);
        for (uint64_t i = 0; i < total; i++) {
            e.notify(far);
            e.cancel();
        }
        next_trigger(1, SC_NS);
    }
};
int sc_main(int argc, char **argv) {
    Watchdog w("w");
    total = 1000;
    sc_start(SC_ZERO_TIME);
    total = arg_n(argc, argv, 1, 1000000);
    begin();
    sc_start(2, SC_NS);
    report(total, total);
    return 0;
}
