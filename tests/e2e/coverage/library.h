void *library_make(void);
void *library_make_other(void);
void library_use(void);
