/* What incomplete.c does not find. */
int needed(void);

int needed(void)
{
    return 0;
}
