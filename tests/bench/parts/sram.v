// the circuit of sram.yaml: a word is written and read in turn
module client #(parameter WORDS = 64, LANES = 50)
    (input clk, input pop, output avail, output from, output reg [63:0] item [0:2*LANES+3]);
  /*verilator inline_module*/
  wire room, to;
  reg [63:0] k;
  initial k = 0;
  queue q(clk, room, pop, room, avail, to, from);
  always @(posedge clk) if (room) begin
    item[to ? LANES + 2 : 0] = {63'd0, !k[0]};
    item[(to ? LANES + 2 : 0) + 1] = (k >> 1) % WORDS;
    for (int i = 0; i < LANES; i = i + 1) item[(to ? LANES + 2 : 0) + 2 + i] = k + 64'(i);
    k <= k + 1;
  end
endmodule

module sram #(parameter WORDS = 64, LANES = 50)
    (input clk, input req_avail, input req_from, input [63:0] req [0:2*LANES+3], output req_pop,
     input pop, output avail, output from, output reg [63:0] rsp [0:2*LANES-1]);
  /*verilator inline_module*/
  wire room, to, write = req[req_from ? LANES + 2 : 0][0];
  wire [5:0] a = req[(req_from ? LANES + 2 : 0) + 1][5:0];
  reg [63:0] mem [0:WORDS*LANES-1];
  assign req_pop = req_avail && (write || room);
  queue q(clk, req_pop && !write, pop, room, avail, to, from);
  always @(posedge clk) if (req_pop)
    if (write)
      for (int i = 0; i < LANES; i = i + 1) mem[32'(a) * LANES + i] = req[(req_from ? LANES + 2 : 0) + 2 + i];
    else
      for (int i = 0; i < LANES; i = i + 1) rsp[(to ? LANES : 0) + i] = mem[32'(a) * LANES + i];
endmodule

module cell_(input clk);
  /*verilator no_inline_module*/
  wire xa, xf, xp, ya, yf;
  wire [63:0] x [0:103];
  wire [63:0] y [0:99];
  client c(clk, xp, xa, xf, x);
  sram m(clk, xa, xf, x, xp, ya, ya, yf, y);
  sink #(50, 64) k(clk, ya, yf, y);
endmodule
