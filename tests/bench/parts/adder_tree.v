// the circuit of adder_tree.yaml
module adder_tree #(parameter LANES = 100, OPERANDS = 64, BITS = 8, OUT = 14)
    (input clk, input x_avail, input x_from, input [OPERANDS-1:0] x [0:2*LANES*BITS-1], output x_pop,
     input pop, output avail, output from, output reg [OUT-1:0] sum [0:2*LANES-1]);
  /*verilator inline_module*/
  wire room, to;
  reg [OUT-1:0] s;
  assign x_pop = x_avail && room;
  queue q(clk, x_pop, pop, room, avail, to, from);
  always @(posedge clk) if (x_pop)
    for (int l = 0; l < LANES; l = l + 1) begin
      s = 0;
      for (int b = 0; b < BITS; b = b + 1)
        s = s + (OUT'($countones(x[(x_from ? LANES * BITS : 0) + l * BITS + b])) << b);
      sum[(to ? LANES : 0) + l] = s;
    end
endmodule

module cell_(input clk);
  /*verilator no_inline_module*/
  wire xa, xf, xp, ya, yf;
  wire [63:0] x [0:1599];
  wire [13:0] y [0:199];
  gen #(800, 64) g(clk, xp, xa, xf, x);
  adder_tree t(clk, xa, xf, x, xp, ya, ya, yf, y);
  sink #(100, 14) k(clk, ya, yf, y);
endmodule
