#!/bin/sh
# survey.sh [-c] - makes scatter.csv, breakdown.csv, sweep.csv and their pictures beside this file out of what `bitline cost` says of the shipped
# descriptions and the MLPerf Tiny layer tables; nothing is simulated, nothing else is needed. -c makes them elsewhere and compares.
set -eu
cd "$(dirname "$0")/../../.."
here=platforms/imc/studies
BITLINE=${BITLINE:-build/gcc/bitline}
out=$here
if test "${1-}" = -c; then out=$(mktemp -d); trap 'rm -rf "$out"' EXIT; fi
designs='jia_isscc21 si_isscc20 chih_isscc21 tu_isscc22'
chips='papistas_cicc21 jssc23_9896828 isscc23_7_8 tu_isscc22_int8 isscc22_11_7 isscc23_7_2 isscc23_16_3'
nets='ic_resnet8 kws_dscnn vww_mbv1_025 ad_autoenc'

# Efficiency against density: what the chips' papers print (usable: its sparsity is known) and the model's figure.
{
    echo 'macro,type,printed_tops_w,printed_tops_mm2,usable,model_tops_w,model_tops_mm2'
    for m in $designs $chips; do
        type=$(sed -n 's/^type: //p' platforms/imc/macros/$m.yaml)
        $BITLINE cost $m --as csv | awk -F, -v m=$m -v type=$type '
            $1 == "peak" && $2 == "energy efficiency" { w = $3 }
            $1 == "peak" && $2 == "density" { mm2 = $3 }
            $1 == "peak" && $2 == "multiply-accumulates of an MVM" { macs = $3 }
            $1 == "peak" && $2 == "steps of an MVM" { steps = $3 }
            $1 == "chip" && $2 == "energy efficiency" { pw = $3; usable = $9 }
            $1 == "chip" && $2 == "area" { area = $3 }
            $1 == "chip" && $2 == "clock" { clock = $3 }
            END { printf "%s,%s,%s,%s,%s,%.4g,%.4g\n", m, type, pw, area && clock ? sprintf("%.4g", 2e-3 * macs / (clock * steps) / area) : "", usable, w, mm2 }'
    done
} >"$out/scatter.csv"

# What each design spends on each network, by component, fJ a MAC; and bits in, out and of weights a MAC.
total() { $BITLINE cost "$@" --as csv 2>/dev/null | tail -n 1; }
{
    echo 'macro,net,fj_mac,cells,logic,adc,tree,dac,used,bits_in,bits_out,bits_weights'
    for n in $nets; do
        for m in $designs; do
            total $m --net mlperftiny_$n | awk -F, -v n=$n '{ printf "%s,%s,%.5g,%.5g,%.5g,%.5g,%.5g,%.5g,%.4g,%.4g,%.4g,%.4g\n", $1, n, $12 / $10, $14 / $10, $15 / $10,
                $16 / $10, $17 / $10, $18 / $10, $11, $19, $20, $21 }'
        done
    done
} >"$out/breakdown.csv"

# TOPS/W of the macros over bits of an input step, bits of the large array's ADC, and activity; who needs least, and whether that is the large array.
{
    echo 'net,dac_bits,adc_bits,act,jia_isscc21,si_isscc20,chih_isscc21,tu_isscc22,best'
    for n in $nets; do for act in 0.25 0.5 1; do
        digital=$(for m in chih_isscc21 tu_isscc22; do total $m --net mlperftiny_$n --set act=$act | cut -d, -f13; done | tr '\n' ' ')
        for dac in 1 2 4; do
            small=$(total si_isscc20 --net mlperftiny_$n --set act=$act --set dac_bits=$dac | cut -d, -f13)
            for adc in 5 6 7 8; do
                echo "$n $dac $adc $act $(total jia_isscc21 --net mlperftiny_$n --set act=$act --set dac_bits=$dac --set adc_bits=$adc | cut -d, -f13) $small $digital"
            done
        done
    done; done | awk '{ split("jia_isscc21 si_isscc20 chih_isscc21 tu_isscc22", name, " "); best = 1
        for (i = 2; i <= 4; i++) if ($(4 + i) > $(4 + best)) best = i
        printf "%s,%s,%s,%s,%.4g,%.4g,%.4g,%.4g,%s\n", $1, $2, $3, $4, $5, $6, $7, $8, name[best] }'
} >"$out/sweep.csv"

# The pictures: both axes in decades; bars by component.
awk -F, 'function x(v) { return 60 + 170 * (log(v) / log(10) + 1) } function y(v) { return 350 - 80 * log(v) / log(10) }
    BEGIN { print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"620\" height=\"400\" font-family=\"sans-serif\" font-size=\"10\"><rect width=\"620\" height=\"400\" fill=\"white\"/>"
        for (d = -1; d <= 2; d++) printf "<line x1=\"%d\" y1=\"30\" x2=\"%d\" y2=\"350\" stroke=\"#ddd\"/><text x=\"%d\" y=\"365\" text-anchor=\"middle\">%g</text>\n", x(10^d), x(10^d), x(10^d), 10^d
        for (d = 0; d <= 3; d++) printf "<line x1=\"60\" y1=\"%d\" x2=\"600\" y2=\"%d\" stroke=\"#ddd\"/><text x=\"54\" y=\"%d\" text-anchor=\"end\">%g</text>\n", y(10^d), y(10^d), y(10^d) + 3, 10^d
        print "<text x=\"330\" y=\"388\" text-anchor=\"middle\">TOPS/mm2</text><text x=\"60\" y=\"20\">TOPS/W; full: printed by the chip, hollow: model; red: analog, blue: digital</text>" }
    NR > 1 { c = $2 == "aimc" ? "#c33" : "#36c"
        if ($3 != "" && $4 != "") printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#999\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"%s\"/>\n", x($4), y($3), x($7), y($6), x($4), y($3), c
        printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" fill=\"white\" stroke=\"%s\"/><text x=\"%.1f\" y=\"%.1f\" font-size=\"8\" text-anchor=\"%s\">%s</text>\n", x($7), y($6), c, x($7) + ($2 == "aimc" || $1 ~ /int8|16_3/ ? 6 : -6), y($6) + 3, ($2 == "aimc" || $1 ~ /int8|16_3/ ? "start" : "end"), $1 }
    END { print "</svg>" }' "$out/scatter.csv" >"$out/scatter.svg"
awk -F, 'BEGIN { split("cells logic ADCs trees DACs", what, " "); split("#888 #36c #c33 #3a3 #c9c", color, " ")
        print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"660\" height=\"420\" font-family=\"sans-serif\" font-size=\"10\"><rect width=\"660\" height=\"420\" fill=\"white\"/>"
        for (i = 1; i <= 5; i++) printf "<rect x=\"%d\" y=\"8\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%d\" y=\"17\">%s</text>\n", 200 + 70 * i, color[i], 214 + 70 * i, what[i] }
    NR > 1 { y = 30 + 23 * (NR - 2) + 4 * int((NR - 2) / 4); at = 200
        printf "<text x=\"195\" y=\"%d\" text-anchor=\"end\">%s, %s</text>\n", y + 12, $2, $1
        for (i = 1; i <= 5; i++) { w = 1.0 * $(3 + i); printf "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"16\" fill=\"%s\"/>\n", at, y, (w > 380 ? 380 : w), color[i]; at += w }
        printf "<text x=\"%.1f\" y=\"%d\">%.4g fJ a MAC</text>\n", (at > 560 ? 500 : at) + 4, y + 12, $3 }
    END { print "</svg>" }' "$out/breakdown.csv" >"$out/breakdown.svg"

test "$out" != "$here" || exit 0
for f in scatter.csv breakdown.csv sweep.csv scatter.svg breakdown.svg; do
    cmp "$here/$f" "$out/$f" || { echo "$here/$f is not what survey.sh makes; run it" >&2; exit 1; }
done
echo "the survey is as committed"
