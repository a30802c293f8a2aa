// JSON with objects, lists, texts and numbers is parsed into a tree, and the tree is walked.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static char text[200000];
static int textLength;
enum { NUL, BOOL, NUM, STR, ARR, OBJ };
struct V {
  int kind;
  double num;
  char *str;
  struct V *child, *next;
  char *key;
};
static const char *p;
static char pool[4 << 20];
static size_t used;
static void *take(size_t n) {
  n = (n + 7) & ~7;
  void *r = pool + used;
  used += n;
  return r;
}
static void ws(void) {
  while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r') p++;
}
static char *string(void) {
  p++;
  char *start = take(0), *o = start;
  while (*p != '"') {
    if (*p == '\\') {
      p++;
      switch (*p) {
      case 'n':
        *o++ = '\n';
        break;
      case 't':
        *o++ = '\t';
        break;
      default:
        *o++ = *p;
      }
      p++;
    } else *o++ = *p++;
  }
  *o++ = 0;
  p++;
  take(o - start);
  return start;
}
static struct V *value(void) {
  struct V *v = take(sizeof *v);
  memset(v, 0, sizeof *v);
  ws();
  if (*p == '{') {
    v->kind = OBJ;
    p++;
    struct V **t = &v->child;
    ws();
    while (*p != '}') {
      ws();
      char *k = string();
      ws();
      p++;
      struct V *c = value();
      c->key = k;
      *t = c;
      t = &c->next;
      ws();
      if (*p == ',') p++;
    }
    p++;
  } else if (*p == '[') {
    v->kind = ARR;
    p++;
    struct V **t = &v->child;
    ws();
    while (*p != ']') {
      struct V *c = value();
      *t = c;
      t = &c->next;
      ws();
      if (*p == ',') p++;
    }
    p++;
  } else if (*p == '"') {
    v->kind = STR;
    v->str = string();
  } else if (*p == 't') {
    v->kind = BOOL;
    v->num = 1;
    p += 4;
  } else if (*p == 'f') {
    v->kind = BOOL;
    p += 5;
  } else if (*p == 'n') {
    p += 4;
  } else {
    v->kind = NUM;
    int neg = *p == '-';
    if (neg) p++;
    double d = 0;
    while (*p >= '0' && *p <= '9') d = d * 10 + (*p++ - '0');
    if (*p == '.') {
      p++;
      double s = 0.1;
      while (*p >= '0' && *p <= '9') {
        d += s * (*p++ - '0');
        s *= 0.1;
      }
    }
    v->num = neg ? -d : d;
  }
  return v;
}
static double sum(struct V *v) {
  double s = v->kind == NUM ? v->num : v->kind == STR ? strlen(v->str) : 1;
  for (struct V *c = v->child; c; c = c->next) s += sum(c);
  return s;
}
__attribute__((export_name("run"))) int run(int rounds) {
  if (!textLength) {
    char *o = text;
    o += sprintf(o, "[");
    for (int i = 0; i < 1000; i++)
      o += sprintf(o, "%s{\"id\": %d, \"name\": \"pump %d\\n\", \"on\": %s, \"bar\": %d.%d, \"tags\": [\"a\", \"b\", null]}",
                   i ? ",\n" : "", i, i * 7, i & 1 ? "true" : "false", i, i % 10);
    sprintf(o, "]");
    textLength = strlen(text);
  }
  double s = 0;
  for (int r = 0; r < rounds; r++) {
    used = 0;
    p = text;
    s += sum(value());
  }
  return (int)s;
}
