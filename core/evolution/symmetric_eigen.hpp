#pragma once

#include <Eigen/Eigenvalues>

// Eigenvectors of symmetric matrices, compiled once: ten seconds for each file otherwise.

extern template Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>&
Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>::compute<Eigen::MatrixXd>(
    Eigen::EigenBase<Eigen::MatrixXd> const& matrix, int options);
