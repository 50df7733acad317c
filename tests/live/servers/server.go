// The Go server of tests/live/http_servers.py: net/http, one line a request on standard output.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
)

// counted knows the status and how many bytes of body were sent.
type counted struct {
	http.ResponseWriter
	status, sent int
}

func (c *counted) WriteHeader(status int) {
	c.status = status
	c.ResponseWriter.WriteHeader(status)
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.ResponseWriter.Write(b)
	c.sent += n
	return n, err
}

func answer(w *counted, r *http.Request, received int64) {
	switch {
	case r.URL.Path == "/moved":
		w.Header().Set("Location", "/small")
		w.Header().Set("Content-Length", "0")
		w.WriteHeader(301)
	case r.URL.Path == "/empty":
		w.WriteHeader(204)
	case r.URL.Path == "/chunked":
		for i := 0; i < 20; i++ {
			fmt.Fprintf(w, "part %d of twenty\n", i)
			w.ResponseWriter.(http.Flusher).Flush()
		}
	case r.URL.Path == "/big":
		body := strings.Repeat("0123456789", 100000)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		io.WriteString(w, body)
	case r.Method == "PUT" || r.Method == "POST":
		w.WriteHeader(201)
		fmt.Fprintf(w, "%d bytes\n", received)
	case r.URL.Path == "/small" || strings.HasPrefix(r.URL.Path, "/n/"):
		io.WriteString(w, "small\n")
	default:
		http.Error(w, "no", 404)
	}
}

func main() {
	var one sync.Mutex
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	panic(http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		received, _ := io.Copy(io.Discard, r.Body)
		c := &counted{w, 200, 0}
		answer(c, r, received)
		_, port, _ := net.SplitHostPort(r.RemoteAddr)
		if r.Method == "HEAD" {
			c.sent = 0
		}
		one.Lock()
		fmt.Printf("%s\t%s\t%s\t%d\t%d\t%d\n", port, r.Method, r.RequestURI, c.status, c.sent, received)
		one.Unlock()
	})))
}
