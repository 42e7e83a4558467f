// What Go's own library does: WAY PLACE...
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Nobody may answer where a mock should.
const patience = 10 * time.Second

// refused says the errno below an error, or the error where there is none.
func refused(err error) {
	var number syscall.Errno
	if errors.As(err, &number) {
		fmt.Println("refused", int(number))
	} else {
		fmt.Println("failed", err)
	}
	os.Exit(0)
}

func dial(network, place string) {
	peer, err := net.DialTimeout(network, place, patience)
	if err != nil {
		refused(err)
	}
	if network == "tcp" {
		fmt.Println("connected")
	}
	text := make([]byte, 64)
	peer.SetDeadline(time.Now().Add(patience))
	if _, err := peer.Write([]byte("ping")); err != nil {
		refused(err)
	}
	count, err := peer.Read(text)
	if err != nil {
		refused(err)
	}
	fmt.Println("heard", string(text[:count]))
}

func get(url string) {
	client := http.Client{Timeout: patience}
	answer, err := client.Get(url)
	if err != nil {
		refused(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		refused(err)
	}
	fmt.Println("heard", strings.TrimSpace(string(body)))
}

func start(program string) {
	output, err := exec.Command(program).Output()
	if err != nil {
		refused(err)
	}
	fmt.Print(string(output))
}

func read(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		refused(err)
	}
	fmt.Println("heard", string(text))
}

func main() {
	switch os.Args[1] {
	case "tcp", "udp":
		dial(os.Args[1], net.JoinHostPort(os.Args[2], os.Args[3]))
	case "get":
		get(os.Args[2])
	case "start":
		start(os.Args[2])
	case "read":
		read(os.Args[2])
	}
}
