// the circuit of imc_array.yaml
module imc_array #(parameter ROWS = 64, COLUMNS = 800, WORDS = 14)
    (input clk, input x_avail, input x_from, input [ROWS-1:0] x [0:1], output x_pop,
     input w_avail, input w_from, input [63:0] w [0:2*WORDS-1],
     input pop, output avail, output from, output reg [ROWS-1:0] y [0:2*COLUMNS-1]);
  /*verilator inline_module*/
  wire room, to;
  reg [ROWS-1:0] cells [0:COLUMNS-1];
  reg [ROWS-1:0] in;
  assign x_pop = x_avail && room && !w_avail;         // a row goes first
  queue q(clk, x_pop, pop, room, avail, to, from);
  always @(posedge clk)
    if (w_avail)
      for (int c = 0; c < COLUMNS; c = c + 1)
        cells[c][w[w_from ? WORDS : 0][5:0]] = w[(w_from ? WORDS : 0) + 1 + c / 64][c % 64];
    else if (x_pop) begin
      in = x[x_from];
      for (int c = 0; c < COLUMNS; c = c + 1)
        y[(to ? COLUMNS : 0) + c] = cells[c] & in;
    end
endmodule

module cell_(input clk);
  /*verilator no_inline_module*/
  wire xa, xf, xp, wa, wf, ya, yf;
  wire [63:0] x [0:1];
  wire [63:0] w [0:27];
  wire [63:0] y [0:1599];
  gen #(1, 64) g(clk, xp, xa, xf, x);
  gen #(14, 64, 64) r(clk, wa, wa, wf, w);
  imc_array a(clk, xa, xf, x, xp, wa, wf, w, ya, ya, yf, y);
  sink #(800, 64) k(clk, ya, yf, y);
endmodule
