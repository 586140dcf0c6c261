/* For the symbolizer: one call, three functions deep, of which two are inlined. */
#define EXPORT __attribute__((visibility("default"), noinline))
#define INLINE static inline __attribute__((always_inline))

void outermost(void (*callback)(void));
void call_hidden(void (*callback)(void));

static volatile int sink;

INLINE void innermost(void (*callback)(void))
{
    callback(); /* here: innermost */
    sink++;
}

INLINE void middle(void (*callback)(void))
{
    innermost(callback); /* here: middle */
    sink++;
}

EXPORT void outermost(void (*callback)(void))
{
    middle(callback); /* here: outermost */
    sink++;
}

static __attribute__((noinline)) void hidden(void (*callback)(void))
{
    callback(); /* here: hidden */
    sink++;
}

EXPORT void call_hidden(void (*callback)(void))
{
    hidden(callback);
    sink++;
}
