// c for Verilator: the arithmetic of c_pipe.cpp
module stage(input clk, input [31:0] d, output reg [31:0] q);
  initial q = 0;
  always @(posedge clk) q <= d * 32'd3 + 32'd1;
endmodule
module c_pipe(input clk, output [31:0] out);
  reg [31:0] n; initial n = 0;
  always @(posedge clk) n <= n + 1;
  wire [31:0] w [0:64];
  assign w[0] = n;
  genvar i;
  generate for (i = 0; i < 64; i = i + 1) begin : g stage st(.clk(clk), .d(w[i]), .q(w[i+1])); end endgenerate
  assign out = w[64];
endmodule
