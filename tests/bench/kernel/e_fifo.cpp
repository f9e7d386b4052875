// e: a producer and a consumer thread, a FIFO of N between them, 4096 tokens a nanosecond. e_fifo SIZE N
#include <systemc>
#include "bench.h"
using namespace sc_core;
static uint64_t total, sum;
struct Producer : sc_module {
    sc_fifo_out<uint32_t> out;
    SC_CTOR(Producer) { SC_THREAD(run); }
    void run() {
        for (uint64_t i = 0; i < total;) {
            out.write((uint32_t)i);
            if (++i % 4096 == 0)
                wait(1, SC_NS);
        }
    }
};
struct Consumer : sc_module {
    sc_fifo_in<uint32_t> in;
    SC_CTOR(Consumer) { SC_THREAD(run); }
    void run() { for (uint64_t i = 0; i < total; i++) sum += in.read(); }
};
int sc_main(int argc, char **argv) {
    total = arg_n(argc, argv, 1, 1000000);
    sc_fifo<uint32_t> f("f", (int)arg_n(argc, argv, 2, 16));
    Producer p("p");
    Consumer c("c");
    p.out(f);
    c.in(f);
    begin();
    sc_start();
    report(total, sum);
    return 0;
}
