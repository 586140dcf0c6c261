/* A Python extension that gives a block back, or forgets it. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static void *volatile made;

static PyObject *take(PyObject *self, PyObject *bytes)
{
    (void)self;
    made = malloc(PyLong_AsSize_t(bytes));
    Py_RETURN_NONE;
}

static PyObject *give_back(PyObject *self, PyObject *unused)
{
    (void)self;
    (void)unused;
    free(made);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"take", take, METH_O, NULL}, {"give_back", give_back, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "leaky", NULL, -1, functions, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_leaky(void)
{
    return PyModule_Create(&module);
}
