// top.cpp - runs models of top.v, ten circuits each: PROGRAM PART TICKS N
#include <vector>
#include "Vtop.h"
#include "bench.h"
static uint64_t units, sum;
extern "C" void took(long long n, long long s) {
    units += (uint64_t)n;
    sum += (uint64_t)s;
}
int main(int argc, char **argv) {
    const uint64_t ticks = arg_n(argc, argv, 2, 100), n = arg_n(argc, argv, 3, 1000) / 10;
    std::vector<Vtop *> models;
    for (uint64_t i = 0; i < n; i++) {
        models.push_back(new Vtop);
        models[i]->clk = 0;
        models[i]->eval();
    }
    begin();
    for (uint64_t k = 0; k < ticks; k++)
        for (Vtop *t : models) {
            t->clk = 1;
            t->eval();
            t->clk = 0;
            t->eval();
        }
    stop();
    for (Vtop *t : models) t->final();
    report(units, sum);
    return 0;
}
