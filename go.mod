module github.com/hostsim/hostsim

go 1.26
