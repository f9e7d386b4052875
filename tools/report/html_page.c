/* html_page.c - head and end of a page. Its policy refuses whatever is not in the page, and scripts made of texts (eval). */
#include "tools/report/html_page.h"

#include "tools/report/web/web.h"

void bl_page_start(const char *title, const char *kind, FILE *out)
{
    fputs("<!DOCTYPE html>\n<html lang=en>\n<meta charset=utf-8>\n<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; "
          "style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:\">\n"
          "<meta name=viewport content=\"width=device-width\">\n<link rel=icon href=\"data:,\">\n<title>", out);
    bl_html_text(title, out);
    fprintf(out, " - bitline %s</title>\n<style>\n%s</style>\n<h1>", kind, bl_web_style);
    bl_html_text(title, out);
    fputs("</h1>\n", out);
}

void bl_page_end(const char *version, FILE *out)
{
    fputs("<p class=n>Written by bitline ", out);
    bl_html_text(version, out);
    fprintf(out, "</p>\n<script>\n%s</script>\n<script>\n%s</script>\n<script>\n%s</script>\n</html>\n", bl_web_vega, bl_web_charts, bl_web_page);
}

void bl_page_heading(const char *id, const char *text, FILE *out)
{
    fprintf(out, "<h2 id=%s>", id);
    bl_html_text(text, out);
    fputs("</h2>\n", out);
}

void bl_page_table(const char *name, const struct bl_table *t, FILE *out)
{
    fputs("<div class=t tabindex=0 role=region aria-label=\"", out);
    bl_html_text(name, out);
    fputs("\">\n", out);
    bl_table_html(t, out);
    fputs("</div>\n", out);
}

void bl_page_note(FILE *out, const char *text)
{
    fputs("<p class=n>", out);
    bl_html_text(text, out);
    fputs("</p>\n", out);
}
