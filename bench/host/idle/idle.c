#include <stdio.h>
#include <unistd.h>
int main(void) {
  for (;;) {
    puts("tick");
    sleep(60);
  }
}
