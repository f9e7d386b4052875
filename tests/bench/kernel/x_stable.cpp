// x: the order of eight events of one time, as digits; SIZE > 0: with an unrelated event SIZE ps ahead. x_stable SIZE
#include <systemc>
#include "bench.h"
using namespace sc_core;
static uint64_t order;
struct Listener : sc_module {
    sc_event e;
    unsigned id;
    SC_HAS_PROCESS(Listener);
    Listener(sc_module_name name, unsigned i) : sc_module(name), id(i) { SC_METHOD(go); sensitive << e; dont_initialize(); }
    void go() { if (id < 8) order = order * 10 + id + 1; }
};
int sc_main(int argc, char **argv) {
    uint64_t size = arg_n(argc, argv, 1, 0);
    Listener *l[9];
    for (unsigned i = 0; i < 9; i++)
        l[i] = new Listener(sc_gen_unique_name("l"), i);
    sc_start(SC_ZERO_TIME);
    begin();
    if (size)
        l[8]->e.notify(sc_time::from_value(size));
    for (unsigned i = 0; i < 8; i++)
        l[i]->e.notify(sc_time::from_value(10));
    sc_start();
    report(8, order);
    return 0;
}
