// parts.v - what the circuits have in common. A link holds two items. Its storage is in the part that gives them, its
// bookkeeping in `queue`; both ends see it as it was before the edge. An item is written to a place that is free,
// with blocking assignments: its reader looks there only after the edge.
module queue(input clk, input push, input pop, output room, output avail, output reg to, output reg from);
  /*verilator inline_module*/
  reg [1:0] n;
  initial begin n = 0; to = 0; from = 0; end
  assign room = n != 2;
  assign avail = n != 0;
  always @(posedge clk) begin
    n <= n + {1'b0, push} - {1'b0, pop};
    if (push) to <= !to;
    if (pop) from <= !from;
  end
endmodule

// item k is k, k + 1, .. in its lanes; LIMIT items, 0: no end
module gen #(parameter LANES = 1, BITS = 64, LIMIT = 0)
           (input clk, input pop, output avail, output from, output reg [BITS-1:0] item [0:2*LANES-1]);
  /*verilator inline_module*/
  reg [63:0] k;
  wire room, to, push = room && (LIMIT == 0 || k != LIMIT);
  initial k = 0;
  queue q(clk, push, pop, room, avail, to, from);
  always @(posedge clk) if (push) begin
    for (int i = 0; i < LANES; i = i + 1) item[(to ? LANES : 0) + i] = k[BITS-1:0] + BITS'(i);
    k <= k + 1;
  end
endmodule

// takes every item, adds its lanes, and tells at the end
module sink #(parameter LANES = 1, BITS = 64)
            (input clk, input avail, input from, input [BITS-1:0] item [0:2*LANES-1]);
  /*verilator inline_module*/
  import "DPI-C" function void took(input longint n, input longint sum);
  reg [63:0] n, sum, s;
  initial begin n = 0; sum = 0; end
  always @(posedge clk) if (avail) begin
    s = sum;
    for (int i = 0; i < LANES; i = i + 1) s = s + 64'(item[(from ? LANES : 0) + i]);
    sum = s;
    n <= n + 1;
  end
  final took(n, sum);
endmodule
