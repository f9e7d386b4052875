// g: elaborate SIZE modules of two signals and a method that reads one and writes the other. g_elab SIZE
#include <systemc>
#include "bench.h"
using namespace sc_core;
struct Module : sc_module {
    sc_signal<uint32_t> a, b;
    SC_CTOR(Module) : a("a"), b("b") { SC_METHOD(go); sensitive << a; }
    void go() { b.write(a.read() + 1); }
};
int sc_main(int argc, char **argv) {
    uint64_t size = arg_n(argc, argv, 1, 100000);
    char name[32];
    begin();
    for (uint64_t i = 0; i < size; i++) {
        snprintf(name, sizeof name, "m%llu", (unsigned long long)i);
        new Module(name);
    }
    sc_start(SC_ZERO_TIME);
    report(size, size);
    _Exit(0);                         // taking it down is not measured
}
