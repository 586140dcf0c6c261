# load.py SOCKET REQUESTS: sends so many requests to a web server, for two seconds or more, and checks each answer.
import socket
import sys
import time


def ask(number):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    connection.sendall(b"GET /%d HTTP/1.0\r\nHost: here\r\n\r\n" % number)
    answer = b""
    while True:
        part = connection.recv(65536)
        if not part:
            break
        answer += part
    connection.close()
    return answer.endswith(b"it works\n")


right = 0
for request in range(int(sys.argv[2])):
    right += ask(request)
    time.sleep(0.001)
print(right, "right answers")
