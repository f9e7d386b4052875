/* embed.S - what a page carries (web.h), as bytes in the program, each with a 0 at its end: found by the folders of -Wa,-I. */
        .section .rodata
        .global bl_web_style, bl_web_vega, bl_web_charts, bl_web_page
bl_web_style:
        .incbin "tools/report/web/page.css"
        .byte 0
bl_web_vega:
        .incbin "web/vega.js"
        .byte 0
bl_web_charts:
        .incbin "tools/report/web/charts.js"
        .byte 0
bl_web_page:
        .incbin "tools/report/web/page.js"
        .byte 0
        .section .note.GNU-stack, "", %progbits
