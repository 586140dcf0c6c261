void library_use();
