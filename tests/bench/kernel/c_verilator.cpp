// c: the pipeline of c_pipe.v by Verilator. c_verilator SIZE
#include "Vc_pipe.h"
#include "verilated.h"
#include "bench.h"
int main(int argc, char **argv) {
    uint64_t cycles = arg_n(argc, argv, 1, 1000000) / 64;
    Vc_pipe *t = new Vc_pipe;
    t->clk = 0;
    t->eval();
    begin();
    for (uint64_t i = 0; i < cycles; i++) {
        t->clk = 1;
        t->eval();
        t->clk = 0;
        t->eval();
    }
    report(cycles * 64, t->out);
    return 0;
}
