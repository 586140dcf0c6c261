/* A shared object that is no workload. */
int heapgate_iterates(void);

int heapgate_iterates(void)
{
    return 0;
}
