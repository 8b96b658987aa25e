# Ten-fold cv.glmnet from binary files; prints the CPU seconds of the call alone. Called by compare_cv.py.
suppressMessages({library(Matrix); library(glmnet)})
given <- commandArgs(trailingOnly = TRUE)
folder <- given[1]; n <- as.integer(given[2]); p <- as.integer(given[3]); is_sparse <- given[4] == "1"
l1_ratio <- as.numeric(given[5]); tol <- as.numeric(given[6]); family <- given[7]

place <- function(name) file.path(folder, name)
reals <- function(name) readBin(place(name), "double", file.size(place(name)) / 8)
integers <- function(name) readBin(place(name), "integer", file.size(place(name)) / 4)

if (is_sparse) {
  X <- new("dgCMatrix", x = reals("data.bin"), i = integers("indices.bin"), p = integers("indptr.bin"), Dim = c(n, p))
} else {
  X <- reals("X.bin"); dim(X) <- c(n, p)
}
y <- reals("y.bin"); alphas <- reals("alphas.bin"); folds <- as.integer(reals("folds.bin"))

glmnet.control(fdev = 0, devmax = 1)  # never stop early: every alpha asked for is solved
cross_validate <- function(X, y, alphas, folds)
  cv.glmnet(X, y, family = family, alpha = l1_ratio, lambda = alphas, standardize = FALSE, intercept = FALSE,
            thresh = tol, maxit = 1e9, foldid = folds)
small <- matrix(sin(seq_len(600)^2), 60); if (is_sparse) small <- as(small, "CsparseMatrix")
invisible(cross_validate(small, as.numeric(cos(seq_len(60)) > 0), c(0.1, 0.05), rep(1:3, 20)))  # loads, byte-compiles

before <- proc.time(); fit <- cross_validate(X, y, alphas, folds); spent <- proc.time() - before
beta <- fit$glmnet.fit$beta
writeBin(beta@x, place("out_data.bin")); writeBin(beta@i, place("out_indices.bin"))
writeBin(beta@p, place("out_indptr.bin")); writeBin(fit$cvm, place("out_means.bin"))
cat(spent[["user.self"]] + spent[["sys.self"]], "\n")
