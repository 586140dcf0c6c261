/* Needs a library that is not where the dynamic linker looks: it ends before anything of it runs. */
int needed(void);

int main(void)
{
    return needed();
}
