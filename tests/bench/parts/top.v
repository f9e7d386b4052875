// top.v - ten of the circuit `cell_` of each file. Verilator writes code for each instance: a thousand of them take it more than
// three minutes of processor time and 5 GB, so top.cpp makes a hundred of these.
module top #(parameter N = 10) (input clk);
  generate for (genvar i = 0; i < N; i = i + 1) begin : g cell_ c(clk); end endgenerate
endmodule
