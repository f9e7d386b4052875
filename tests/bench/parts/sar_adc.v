// the circuit of sar_adc.yaml; a decision each edge, the first one with the sample
module sar_adc #(parameter LANES = 100, BITS = 8, STEP = 4)              // a step of the code is 2^STEP
    (input clk, input x_avail, input x_from, input [31:0] x [0:2*LANES-1], output x_pop,
     input pop, output avail, output from, output reg [31:0] y [0:2*LANES-1]);
  /*verilator inline_module*/
  wire room, to, last = at == 0, go = busy && (!last || room);
  reg [31:0] held [0:LANES-1];
  reg [BITS-1:0] code [0:LANES-1];
  reg [BITS-1:0] trial;
  reg [2:0] at;                                                         // the bit that is decided
  reg busy;
  initial begin busy = 0; at = BITS - 1; end
  assign x_pop = x_avail && !busy;
  queue q(clk, go && last, pop, room, avail, to, from);
  always @(posedge clk) begin
    if (x_pop)
      for (int l = 0; l < LANES; l = l + 1) begin
        held[l] = x[(x_from ? LANES : 0) + l];
        code[l] = 0;
      end
    if (x_pop || go) begin
      for (int l = 0; l < LANES; l = l + 1) begin
        trial = code[l] | (8'd1 << at);
        if ($signed(held[l]) >= $signed({20'd0, trial, 4'd0})) code[l] = trial;
      end
      if (go && last)
        for (int l = 0; l < LANES; l = l + 1)
          y[(to ? LANES : 0) + l] = {20'd0, code[l], 4'd8};              // the middle of the step
      busy <= !(go && last);
      at <= at - 1;
    end
  end
endmodule

module cell_(input clk);
  /*verilator no_inline_module*/
  wire xa, xf, xp, ya, yf;
  wire [31:0] x [0:199];
  wire [31:0] y [0:199];
  gen #(100, 32) g(clk, xp, xa, xf, x);
  sar_adc a(clk, xa, xf, x, xp, ya, ya, yf, y);
  sink #(100, 32) k(clk, ya, yf, y);
endmodule
