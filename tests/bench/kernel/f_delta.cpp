// f: a chain of N methods, one delta each; its head changes every 10 ns. f_delta SIZE N
#include <systemc>
#include "bench.h"
using namespace sc_core;
struct Hop : sc_module {
    sc_in<uint32_t> d;
    sc_out<uint32_t> q;
    SC_CTOR(Hop) { SC_METHOD(go); sensitive << d; }
    void go() { q.write(d.read() + 1); }
};
struct Head : sc_module {
    sc_out<uint32_t> q;
    uint32_t n;
    uint64_t left;
    SC_CTOR(Head) : n(0), left(0) { SC_METHOD(go); }
    void go() {
        if (left-- == 0)
            return;
        q.write(n += 1000);
        next_trigger(sc_time::from_value(10000));
    }
};
int sc_main(int argc, char **argv) {
    uint64_t size = arg_n(argc, argv, 1, 1000000), n = arg_n(argc, argv, 2, 100);
    sc_vector<sc_signal<uint32_t> > s("s", n + 1);
    Head head("head");
    head.q(s[0]);
    head.left = size / n;
    for (uint64_t i = 0; i < n; i++) {
        Hop *t = new Hop(sc_gen_unique_name("t"));
        t->d(s[i]);
        t->q(s[i + 1]);
    }
    begin();
    sc_start();
    report(size / n * n, s[n].read());
    return 0;
}
