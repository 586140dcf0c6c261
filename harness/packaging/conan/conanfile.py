"""heapgate for Conan 2: conan create harness/packaging/conan.

It builds the tree in which it lies, on the libraries of the system. Use it as a tool_requires for the program, and as a
requires for the headers.
"""

import os

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy
from conan.tools.system import package_manager


class Heapgate(ConanFile):
    name = "heapgate"
    version = "0.1.0"
    description = "Memory-leak regression test harness for native code"
    license = "Apache-2.0"
    package_type = "application"
    settings = "os", "arch", "compiler", "build_type"

    def layout(self):
        cmake_layout(self)

    def validate(self):
        if str(self.settings.os) != "Linux" or str(self.settings.arch) != "x86_64":
            raise ConanInvalidConfiguration("heapgate runs on Linux on x86-64")

    def system_requirements(self):
        package_manager.Apt(self).install([
            "ninja-build", "pkg-config", "libjansson-dev", "libpcre2-dev", "libxxhash-dev", "libyaml-dev",
            "libmicrohttpd-dev", "libdw-dev", "libiberty-dev", "libcapstone-dev", "libexpat1-dev", "zlib1g-dev", "help2man",
            "valgrind",
        ])

    def export_sources(self):
        tree = os.path.join(self.recipe_folder, "..", "..", "..")
        for part in ("CMakeLists.txt", "LICENSE", "core/*", "harness/*", "reports/*", "workloads/*"):
            copy(self, part, src=tree, dst=self.export_sources_folder)

    def generate(self):
        toolchain = CMakeToolchain(self)
        toolchain.cache_variables["HEAPGATE_TESTS"] = False
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        CMake(self).install()

    def package_info(self):
        self.cpp_info.libs = []
        self.cpp_info.set_property("cmake_find_mode", "none")  # it brings heapgateConfig.cmake along
        self.cpp_info.builddirs = [os.path.join("lib", "cmake", "heapgate")]
