/* web.h - what a page carries beside its data, as texts (embed.S). */
#ifndef BL_REPORT_WEB_H
#define BL_REPORT_WEB_H

extern const char bl_web_style[];      /* page.css */
extern const char bl_web_vega[];       /* bundle.sh: Vega, of Debian's libjs-vega */
extern const char bl_web_charts[];     /* charts.js */
extern const char bl_web_page[];       /* page.js */

#endif
