// Command newbackend prints the name of the backend that backend.New gives.
package main

import (
	"fmt"
	"log"

	"github.com/robustloss/gomlx-robustloss/gomlxops/backend"
)

func main() {
	b, err := backend.New()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(b.Name())
}
