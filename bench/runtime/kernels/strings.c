// Words counted in a text by a hash table, numbers printed and read back.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static char text[1 << 16];
struct Entry { char *word; int count; struct Entry *next; };
static struct Entry *table[1024];
static void count(const char *word, size_t length) {
  unsigned hash = 5381;
  for (size_t i = 0; i < length; i++) hash = hash * 33 ^ (unsigned char)word[i];
  struct Entry **slot = &table[hash % 1024];
  for (; *slot; slot = &(*slot)->next)
    if (strncmp((*slot)->word, word, length) == 0 && (*slot)->word[length] == 0) { (*slot)->count++; return; }
  *slot = calloc(1, sizeof **slot);
  (*slot)->word = strndup(word, length);
  (*slot)->count = 1;
}
__attribute__((export_name("run"))) int run(int rounds) {
  int sum = 0;
  for (int r = 0; r < rounds; r++) {
    size_t at = 0;
    unsigned state = r;
    while (at < sizeof text - 40) {
      state = state * 1103515245 + 12345;
      at += snprintf(text + at, 40, "%s%u %x ", (state >> 16) % 3 ? "buoy" : "anchor", (state >> 20) % 300, (state >> 24) % 50);
    }
    for (char *word = text; *word;) {
      size_t length = strcspn(word, " ");
      count(word, length);
      sum += strtol(word + strcspn(word, "0123456789"), 0, 10);
      word += length + (word[length] == ' ');
    }
  }
  for (int i = 0; i < 1024; i++)
    for (struct Entry *entry = table[i]; entry;) { struct Entry *next = entry->next; sum += entry->count; free(entry->word); free(entry); entry = next; }
  memset(table, 0, sizeof table);
  return sum;
}
